"""Driver licences, vehicle registrations, insurance cards: linked, verified and kept fresh. Nothing is here yet."""
