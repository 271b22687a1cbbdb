"""The HTTP that no slice owns: guards, errors, headers, the frame around every page."""
