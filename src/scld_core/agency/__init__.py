"""The collection agency: what it and the ILS say of a debt, and how they are brought to say the same."""
