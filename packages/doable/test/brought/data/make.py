"""Trains and exports the models of this folder with PyTorch (made with 1.13, Debian 12): a producer that is not ours.

    python3 make.py

mediator.onnx: scores of Z given X (one-hot), fitted to the front-door table of the ID-GEN notebooks; open batch axis.
flow.onnx:     the velocity of a flow from noise to M given X, M = 2 X - 1 + N(0, 0.5^2); 64 rows at a time.
"""

import torch
from torch import nn

torch.manual_seed(1)
torch.set_num_threads(1)

# P(X, Z): margins over Y of the table.
table = torch.tensor([[0.0253 + 0.0737, 0.1020 + 0.0945], [0.0862 + 0.4097, 0.1080 + 0.1006]])
mediator = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
steps = torch.optim.Adam(mediator.parameters(), lr=0.02)
for _ in range(2000):
    steps.zero_grad()
    loss = -(table * torch.log_softmax(mediator(torch.eye(2)), 1)).sum()
    loss.backward()
    steps.step()
print("Z given X:", torch.softmax(mediator(torch.eye(2)), 1).tolist(), "truth:", (table / table.sum(1, keepdim=True)).tolist())
torch.onnx.export(
    mediator, torch.eye(2), "mediator.onnx", input_names=["x"], output_names=["scores"],
    dynamic_axes={"x": {0: "rows"}, "scores": {0: "rows"}}, opset_version=13,
)


class Velocity(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3, 48), nn.SiLU(), nn.Linear(48, 48), nn.SiLU(), nn.Linear(48, 1))

    def forward(self, noisy, time, x):
        return self.net(torch.cat([noisy, time, 2 * x - 1], 1))


flow = Velocity()
steps = torch.optim.Adam(flow.parameters(), lr=3e-3)
decay = torch.optim.lr_scheduler.CosineAnnealingLR(steps, 4000)
for _ in range(4000):
    x = torch.randint(0, 2, (1024, 1)).float()
    clean = 2 * x - 1 + 0.5 * torch.randn(1024, 1)
    noise = torch.randn(1024, 1)
    time = torch.rand(1024, 1)
    steps.zero_grad()
    loss = ((flow((1 - time) * noise + time * clean, time, x) - (clean - noise)) ** 2).mean()
    loss.backward()
    steps.step()
    decay.step()
torch.onnx.export(
    flow, (torch.zeros(64, 1), torch.zeros(64, 1), torch.zeros(64, 1)), "flow.onnx",
    input_names=["noisy", "time", "x"], output_names=["velocity"], opset_version=13,
)
