"""What a user can fix, said in the field's words."""


class SpecError(ValueError):
    """A choice that can't work.

    `field` is the dotted path of the field in the `Experiment` (`training.batch_size`), the key of the control
    it belongs beside; `message` says the value, the reason and a way out.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
