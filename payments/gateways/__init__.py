"""The outside parties of payments, one file each; see docs/payments-wire.md. Nobody else knows their words."""
