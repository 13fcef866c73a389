"""The largest network of the book, after torchvision's."""

import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn


class FastResNet(torchvision.models.ResNet):
    """ResNet-18 (He et al. 2016): torchvision's weights and function, with a faster forward pass.

    Pooling stands before the ReLU, and small maps are multiplied, see `convolved`. `stem` is
    "imagenet", the original 7 x 7 convolution of stride 2 and max-pool, or "cifar", one 3 x 3
    convolution of stride 1 that keeps the resolution of a 32 x 32 image.
    """

    def __init__(self, shape: tuple[int, int, int], classes: int, stem: str) -> None:
        super().__init__(torchvision.models.resnet.BasicBlock, [2, 2, 2, 2], num_classes=classes)
        if stem == "cifar":
            self.conv1 = nn.Conv2d(shape[0], 64, 3, padding=1, bias=False)
            self.maxpool = nn.Identity()
        elif shape[0] != 3:
            self.conv1 = nn.Conv2d(shape[0], 64, 7, stride=2, padding=3, bias=False)

    def forward(self, inputs: Tensor) -> Tensor:
        maps = self.relu(self.maxpool(self.bn1(self.conv1(inputs))))
        for block in (*self.layer1, *self.layer2, *self.layer3, *self.layer4):
            hidden = self.relu(block.bn1(convolved(block.conv1, maps)))
            hidden = block.bn2(convolved(block.conv2, hidden))
            maps = hidden + (maps if block.downsample is None else block.downsample(maps))
            maps = self.relu(maps)
        return self.fc(self.avgpool(maps).flatten(1))


def convolved(layer: nn.Conv2d, inputs: Tensor) -> Tensor:
    """What a plain square convolution puts out, with one multiplication where the map is small.

    On a map no larger than the kernel each output pixel sees all of it, through a window of the
    kernel; the rest of the kernel only ever meets padding. Behind the original stem the last two
    stages work on 2 x 2 and 1 x 1 pixels, where a convolution wastes more than half its time.
    """
    size, kernel, padding = inputs.shape[-1], layer.kernel_size[0], layer.padding[0]
    side = (size + 2 * padding - kernel) // layer.stride[0] + 1
    starts = [padding - i * layer.stride[0] for i in range(side)]
    if inputs.shape[-2] != size or min(starts) < 0 or max(starts) + size > kernel:
        return layer(inputs)
    weight = layer.weight.permute(0, 2, 3, 1)  # channels last, as they lie in memory
    windows = [weight[:, y : y + size, x : x + size].flatten(1) for y in starts for x in starts]
    outputs = F.linear(inputs.permute(0, 2, 3, 1).flatten(1), torch.cat(windows))
    return outputs.unflatten(1, (side, side, -1)).permute(0, 3, 1, 2)
