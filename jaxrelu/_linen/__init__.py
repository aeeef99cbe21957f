"""The Linen modules with learned parameters; their public home is `jaxrelu.linen`."""
