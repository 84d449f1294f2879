"""How fast the loop trains, as ratios within one run: `python -m tests.benchmarks.bench_training`.

All variants take turns on one thread, so that whatever else the machine does slows them alike; medians over the turns.

1. Steps: `Trainer`, with evaluation and layer measuring on, against a bare loop over preloaded tensors (nn.Sequential,
   Adam as it comes, contiguous memory, loss.item() each step), and against the same loop with fused Adam.
2. Epochs: `Trainer` against the textbook loop (PIL images, ToTensor and Normalize for each, DataLoader), and the test
   accuracy of both after the same number of epochs.
"""

from collections.abc import Callable
from statistics import median
from time import perf_counter

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from playground.data.digits import load_digits
from playground.experiment import Training
from playground.presets import TEMPLATES
from playground.training.evaluation import predict
from playground.training.trainer import Trainer
from tests.benchmarks.bare_loop import BATCH, CNN, DIGITS, MLP, STEPS, bare_steps, plain


def trainer(case: str) -> Trainer:
    return Trainer(TEMPLATES[case].but(training=Training(batch_size=BATCH, epochs=1000, device="cpu")))


class PilDigits(Dataset):
    """The training digits as torchvision's MNIST gives them: PIL images, transformed when asked for."""

    def __init__(self) -> None:
        images = load_digits("sample").images[DIGITS.train.index]
        self.images = [Image.fromarray(image) for image in images]
        mean, deviation = images.mean() / 255, images.std() / 255
        self.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((mean,), (deviation,))])

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(self.images[index]), int(DIGITS.train.y[index])


def textbook_epoch(net: nn.Module, optimizer: torch.optim.Optimizer, batches: DataLoader) -> None:
    net.train()
    for x, y in batches:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        loss.item()


def take_turns(variants: dict[str, Callable[[], object]], turns: int) -> dict[str, float]:
    """Median seconds of each variant, all run once a turn; the first turn warms up and isn't counted."""
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    for turn in range(turns + 1):
        for name, run in variants.items():
            begin = perf_counter()
            run()
            if turn:
                seconds[name].append(perf_counter() - begin)
    return {name: median(values) for name, values in seconds.items()}


def an_epoch_of(step: Callable[[], object]) -> Callable[[], None]:
    def epoch() -> None:
        for _ in range(STEPS):
            step()

    return epoch


def accuracy(logits: Tensor) -> float:
    return (logits.argmax(1) == DIGITS.test.y).float().mean().item()


def bench_steps(case: str, turns: int) -> None:
    net, fused_net = plain(case), plain(case)
    ours = trainer(case)
    bare = bare_steps(net, torch.optim.Adam(net.parameters(), lr=1e-3))
    fused = bare_steps(fused_net, torch.optim.Adam(fused_net.parameters(), lr=1e-3, fused=True))
    seconds = take_turns(
        {
            "Trainer": an_epoch_of(ours.advance),
            "bare": an_epoch_of(lambda: next(bare)),
            "fused": an_epoch_of(lambda: next(fused)),
        },
        turns,
    )
    speed = {name: STEPS / value for name, value in seconds.items()}
    print(
        f"steps   {case:9} Trainer {speed['Trainer']:5.0f}/s, bare loop {speed['bare']:5.0f}/s: "
        f"{speed['Trainer'] / speed['bare']:.2f} times (0.9 asked); "
        f"with fused Adam {speed['fused']:5.0f}/s: {speed['Trainer'] / speed['fused']:.2f} times"
    )


def bench_epochs(case: str, turns: int, asked: float) -> None:
    net, ours = plain(case), trainer(case)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    batches = DataLoader(PilDigits(), batch_size=BATCH, shuffle=True)
    seconds = take_turns(
        {"Trainer": an_epoch_of(ours.advance), "textbook": lambda: textbook_epoch(net, optimizer, batches)}, turns
    )
    net.eval()
    with torch.inference_mode():
        textbook = accuracy(net(DIGITS.test.x))
    print(
        f"epochs  {case:9} Trainer {seconds['Trainer']:.3f} s, textbook {seconds['textbook']:.3f} s: "
        f"{seconds['textbook'] / seconds['Trainer']:.1f} times ({asked} asked); "
        f"test accuracy after {turns + 1} epochs: {accuracy(predict(ours.net, DIGITS.test.x)):.1%} and {textbook:.1%}"
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    bench_steps(MLP, turns=30)
    bench_steps(CNN, turns=7)
    bench_epochs(MLP, turns=19, asked=6)
    bench_epochs(CNN, turns=9, asked=1.5)
