"""Exports of any ILS, and the recipes that make them."""

from scld_adapters.files.backend import loans_from_extract
from scld_adapters.files.recipe import Recipe, recipe, recipes
from scld_adapters.files.settings import FilesConfig

__all__ = ["FilesConfig", "Recipe", "loans_from_extract", "recipe", "recipes"]
