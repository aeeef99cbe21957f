"""The functions of the family, each declared by its value and its slope."""
