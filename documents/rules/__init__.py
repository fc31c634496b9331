"""Pure rules: values and now in, a decision out."""
