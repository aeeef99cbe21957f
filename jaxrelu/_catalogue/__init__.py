"""The names of the variants, and what is known of each."""
