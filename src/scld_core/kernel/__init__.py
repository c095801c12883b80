"""The words every room uses: ids, numbers, time, decisions, capability, states, privacy."""
