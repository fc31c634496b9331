"""The peer: sign-in and first page as Django projects are usually written: database sessions, ORM, DTL."""
