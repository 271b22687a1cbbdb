"""Money: funds, contributions, payouts, expenses, and the ledger under all of them."""
