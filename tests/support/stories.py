"""A life of a state machine that is told step by step, with its laws after each step."""


def play(machine, *story):
    """Live through pairs of a rule's name and its arguments, then end in peace; the first broken law raises.

    `machine.laws` are the names of its invariants.
    """
    life = machine()
    for name, arguments in story:
        getattr(life, name)(**arguments)
        for law in machine.laws:
            getattr(life, law)()
    life.teardown()
