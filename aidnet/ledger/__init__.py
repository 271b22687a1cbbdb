"""The ledger: accounts, and the money that moved between them. Only ever appended."""
