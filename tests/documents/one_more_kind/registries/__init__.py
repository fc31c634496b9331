"""What would stand in eid_portal/sandbox/registries."""
