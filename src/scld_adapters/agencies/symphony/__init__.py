"""The XML files of SirsiDynix Symphony's debt collection reports."""
