"""Trains the example "part-sorter" and writes model.onnx.

Needs Node (for data.mjs), PyTorch and NumPy; written for PyTorch 1.13, as Debian 12 packages it:

    apt-get install python3-torch python3-numpy
    /usr/bin/python3 train.py
"""

import argparse
import pathlib
import subprocess
import tempfile
import time

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

HERE = pathlib.Path(__file__).resolve().parent
CLASSES = ["empty", "washer", "hex_nut", "bolt", "screw", "gear", "retaining_ring", "spring"]
TRAINING_SEED, VALIDATION_SEED, EVALUATION_SEED = 1, 2, 3


def samples(seed, count):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["node", HERE / "data.mjs", "--seed", str(seed), "--count", str(count), "--out", folder], check=True)
        x = np.load(pathlib.Path(folder) / "x.npy")
        y = np.load(pathlib.Path(folder) / "y.npy")
    return torch.from_numpy(x), torch.from_numpy(y)


class Conv(nn.Module):
    """Convolution, batch normalisation and, unless told otherwise, ReLU6."""

    def __init__(self, inputs, outputs, kernel, stride=1, groups=1, relu=True):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU6() if relu else None

    def forward(self, x):
        x = self.conv(x)
        if self.norm is not None:
            x = self.norm(x)
        return x if self.relu is None else self.relu(x)

    def fold(self):
        self.conv = fuse_conv_bn_eval(self.conv, self.norm)
        self.norm = None


class Block(nn.Module):
    """Inverted residual of MobileNetV2: widen, filter per channel, narrow; added to its input where the shapes agree."""

    def __init__(self, inputs, hidden, outputs, stride):
        super().__init__()
        self.expand = Conv(inputs, hidden, 1)
        self.depthwise = Conv(hidden, hidden, 3, stride, hidden)
        self.project = Conv(hidden, outputs, 1, relu=False)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x):
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.residual else y


class PartSorter(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = Conv(3, 16, 3, 2)
        self.depthwise = Conv(16, 16, 3, 1, 16)
        self.project = Conv(16, 8, 1, relu=False)
        self.block1 = Block(8, 48, 16, 2)
        self.block2 = Block(16, 64, 16, 1)
        self.block3 = Block(16, 72, 24, 2)
        self.block4 = Block(24, 96, 24, 1)
        self.block5 = Block(24, 120, 40, 2)
        self.block6 = Block(40, 160, 40, 1)
        self.last = Conv(40, 128, 1)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(128, len(CLASSES))

    def forward(self, x):
        x = self.project(self.depthwise(self.stem(x)))
        x = self.block3(self.block2(self.block1(x)))
        x = self.block6(self.block5(self.block4(x)))
        return self.classifier(torch.flatten(self.pool(self.last(x)), 1))


def augment(x):
    """The parts have no up and no left: turn and mirror each picture, and vary its brightness and shift."""
    parts = []
    for group in x.chunk(8):
        if torch.rand(()) < 0.5:
            group = group.flip(3)
        group = torch.rot90(group, int(torch.randint(4, ())), (2, 3))
        dx, dy = torch.randint(-6, 7, (2,)).tolist()
        group = nn.functional.pad(group, (6, 6, 6, 6), mode="replicate")[:, :, 6 + dy : 102 + dy, 6 + dx : 102 + dx]
        parts.append(group)
    x = torch.cat(parts)
    x = x * (0.75 + 0.35 * torch.rand(len(x), 1, 1, 1) + 0.15 * torch.rand(len(x), 3, 1, 1))
    return x.clamp(0, 1)


def accuracy(model, x, y):
    model.eval()
    right = 0
    with torch.no_grad():
        for i in range(0, len(x), 200):
            right += int((model(x[i : i + 200].float() / 255).argmax(1) == y[i : i + 200]).sum())
    return right / len(x)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--epochs", type=int, default=40)
    options.add_argument("--count", type=int, default=15000)
    options.add_argument("--out", default=str(HERE / "model.onnx"))
    options = options.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(1)

    x, y = samples(TRAINING_SEED, options.count)
    x = x.contiguous(memory_format=torch.channels_last)
    watch = samples(VALIDATION_SEED, 1000)

    model = PartSorter().to(memory_format=torch.channels_last)
    print("parameters", sum(p.numel() for p in model.parameters()))
    batch = 64
    steps = len(x) // batch
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps * options.epochs, pct_start=0.15)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.05)
    start = time.time()
    for epoch in range(options.epochs):
        model.train()
        order = torch.randperm(len(x))
        total = 0.0
        for step in range(steps):
            pick = order[step * batch : (step + 1) * batch]
            images = augment(x[pick].float() / 255).contiguous(memory_format=torch.channels_last)
            loss = loss_of(model(images), y[pick])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss)
        if epoch % 5 == 4 or epoch == options.epochs - 1:
            print(f"epoch {epoch + 1} loss {total / steps:.3f} validation {accuracy(model, *watch):.3f} {time.time() - start:.0f} s", flush=True)

    model.eval()
    for module in model.modules():
        if isinstance(module, Conv):
            module.fold()
    for count in (400, 2000):
        print(f"held-out seed {EVALUATION_SEED}, {count} samples: accuracy {accuracy(model, *samples(EVALUATION_SEED, count)):.4f}")
    torch.onnx.export(
        model.to(memory_format=torch.contiguous_format),
        torch.zeros(1, 3, 96, 96),
        options.out,
        opset_version=13,
        input_names=["image"],
        output_names=["scores"],
    )


if __name__ == "__main__":
    main()
