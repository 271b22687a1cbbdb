"""Organizations with accounts: responders, donors, and the network itself."""
