"""Plans, steps, the outbox and what runs them."""
