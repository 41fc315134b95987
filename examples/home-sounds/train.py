"""Trains the example "home-sounds" and writes model.onnx.

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

HERE = pathlib.Path(__file__).resolve().parent
CLASSES = ["background", "smoke_alarm", "doorbell", "glass_break", "baby_cry", "dog_bark", "knock", "running_water"]
TRAINING_SEED, VALIDATION_SEED, EVALUATION_SEED = 1, 2, 1001  # from 1000 up: sources and rooms that training never hears


def samples(seed, count):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["node", HERE / "data.mjs", "--seed", str(seed), "--count", str(count), "--out", folder], check=True)
        x = np.load(pathlib.Path(folder) / "x.npy")
        y = np.load(pathlib.Path(folder) / "y.npy")
    return torch.from_numpy(x), torch.from_numpy(y)


class Conv(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride=1, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.norm(self.conv(x)))


class Block(nn.Module):
    """Depthwise-separable convolution: filter per channel, then mix the channels."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.depthwise = Conv(inputs, inputs, 3, stride, inputs)
        self.pointwise = Conv(inputs, outputs, 1)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


class HomeSounds(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = Conv(1, 32, 5, 2)
        self.block1 = Block(32, 48, 1)
        self.block2 = Block(48, 64, 2)
        self.block3 = Block(64, 64, 1)
        self.block4 = Block(64, 96, 2)
        self.block5 = Block(96, 96, 1)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.1)
        self.classifier = nn.Linear(96, len(CLASSES))

    def forward(self, x):
        x = self.block2(self.block1(self.stem(x)))
        x = self.block5(self.block4(self.block3(x)))
        return self.classifier(self.dropout(torch.flatten(self.pool(x), 1)))


def augment(x):
    """Shifts in time, in pitch and in level."""
    parts = []
    for group in x.chunk(8):
        time_shift, band_shift = int(torch.randint(-5, 6, ())), int(torch.randint(-1, 2, ()))
        group = nn.functional.pad(group, (1, 1, 5, 5), mode="replicate")
        parts.append(group[:, :, 5 + time_shift : 69 + time_shift, 1 + band_shift : 41 + band_shift])
    x = torch.cat(parts)
    return (x + 0.08 * torch.randn(len(x), 1, 1, 1)).clamp(-1, 1)


def accuracy(model, x, y):
    model.eval()
    right = 0
    with torch.no_grad():
        for i in range(0, len(x), 200):
            right += int((model(x[i : i + 200]).argmax(1) == y[i : i + 200]).sum())
    return right / len(x)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--epochs", type=int, default=30)
    options.add_argument("--count", type=int, default=12000)
    options.add_argument("--out", default=str(HERE / "model.onnx"))
    options = options.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(1)

    x, y = samples(TRAINING_SEED, options.count)
    watch = samples(VALIDATION_SEED, 1000)

    model = HomeSounds().to(memory_format=torch.channels_last)
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
            images = augment(x[pick]).contiguous(memory_format=torch.channels_last)
            loss = loss_of(model(images), y[pick])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss)
        if epoch % 5 == 4 or epoch == options.epochs - 1:
            print(f"epoch {epoch + 1} loss {total / steps:.3f} validation {accuracy(model, *watch):.3f} {time.time() - start:.0f} s", flush=True)

    for count in (400, 2000):
        print(f"held-out seed {EVALUATION_SEED}, {count} samples: accuracy {accuracy(model, *samples(EVALUATION_SEED, count)):.4f}")
    model.eval()
    torch.onnx.export(
        model.to(memory_format=torch.contiguous_format),
        torch.zeros(1, 1, 64, 40),
        options.out,
        opset_version=13,
        training=torch.onnx.TrainingMode.PRESERVE,  # keeps the BatchNormalization nodes
        do_constant_folding=False,
        input_names=["spectrogram"],
        output_names=["scores"],
    )


if __name__ == "__main__":
    main()
