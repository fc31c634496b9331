"""Bills, premiums, transfers and the ledger. Nothing is here yet."""
