"""Photos that prove something: rebuilt from pixels, sealed, and private to the responder."""
