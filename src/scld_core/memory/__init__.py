"""The reference backend of every port: the executable specification."""
