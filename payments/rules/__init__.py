"""Pure rules: values, figures and now in, a decision out."""
