"""The line of help of every control, under the dotted path of its field; a layer's field under its kind."""

HELP: dict[str, str] = {
    # layers
    "Linear.units": "How many units: y = W x + b with units · inputs weights and one bias each.",
    "Conv2d.channels": "How many filters, each with a map of its own and kernel² · channels in weights.",
    "Conv2d.kernel": "Side of the filter's window in pixels.",
    "Conv2d.stride": "Pixels from one place of the window to the next: out = ⌊(in + 2·padding − kernel) / stride⌋ + 1.",
    "Conv2d.padding": "Rings of zeros around the map; (kernel − 1) / 2 keeps its size at stride 1.",
    "LocallyConnected2d.channels": (
        "Maps that leave: a convolution without weight sharing, with kernel² · channels in weights at every place."
    ),
    "LocallyConnected2d.kernel": "Side of each place's window in pixels.",
    "LocallyConnected2d.stride": (
        "Pixels from one place of the window to the next: out = ⌊(in + 2·padding − kernel) / stride⌋ + 1."
    ),
    "LocallyConnected2d.padding": "Rings of zeros around the map; (kernel − 1) / 2 keeps its size at stride 1.",
    "MaxPool2d.kernel": "Side of the window of which the largest value is kept.",
    "MaxPool2d.stride": "Pixels from one window to the next: out = ⌊(in − kernel) / stride⌋ + 1.",
    "AvgPool2d.kernel": "Side of the window that is averaged.",
    "AvgPool2d.stride": "Pixels from one window to the next: out = ⌊(in − kernel) / stride⌋ + 1.",
    "Dropout.p": "Share of values set to 0 in training, the rest divided by 1 − p. Empty: the network's rate.",
    "LeakyReLU.negative_slope": "y = x for x > 0, else slope · x.",
    # what runs take up live
    "optimizer.learning_rate": "Length η of a step: w ← w − η · update.",
    "regularization.weight_decay": (
        "λ of L2: adds λ w to the gradient, which is the penalty λ/2 · Σ w². AdamW shrinks w by η λ w instead."
    ),
    "network.dropout": "p after every hidden activation and of every Dropout without a p of its own.",
    "training.batch_size": "Digits a step averages its gradient over.",
    # digits
    "data.source": "The sample is 5,000 digits of MNIST, 500 a class; full MNIST has 70,000.",
    "data.shares": "Two handles: train ends at the first, validation at the second, test is the rest.",
    "data.train_of_rest": "How the digits that are not MNIST's own test digits are shared by train and validation.",
    "data.folds": "Cross-validation: train and validation together are cut into K stratified folds of one size.",
    "data.fold": "The fold that is the validation split; the others are trained on. Test stays apart from all.",
    "data.training_digits": "Train on so many of the training split; a smaller set lies within every larger one.",
    "data.label_noise": "Share of training labels replaced by another class; validation and test keep theirs.",
    "data.scaling": (
        "None: 0 … 255. Zero-one: x / 255. Minus-one-one: x / 127.5 − 1. "
        "Standardized: (x − mean) / standard deviation of the training split."
    ),
    "data.augmentation.rotation": "Each digit is turned by an angle from −r to r degrees, drawn anew for each batch.",
    "data.augmentation.shift": "Each digit is moved by up to so many pixels along both axes.",
    "data.augmentation.scale": "Each digit is scaled by a factor from 1 − s to 1 + s.",
    "data.augmentation.flip": "Each digit is mirrored with probability 1/2.",
    "data.augmentation.crop": "Pads by so many pixels of background, then crops 28 × 28 at a random place.",
    "data.augmentation.noise": "Standard deviation of Gaussian noise, on the pixels' scale from 0 to 1.",
    # objective
    "loss.kind": "What a step makes smaller, averaged over the batch; p = softmax(z), y the one-hot label.",
    "loss.label_smoothing": "ε: the target of the right class is 1 − ε + ε/10, of each other class ε/10.",
    "loss.gamma": "γ in −(1 − p)^γ log p: larger looks less at digits that are right already; 0 is cross-entropy.",
    "loss.delta": "δ: quadratic for |p − y| < δ, linear beyond.",
    "loss.class_weights": "A factor on the loss of each class's digits; 1 for all is none.",
    "regularization.l1": "λ in the penalty λ · Σ |w|, which drives weights to 0.",
    "regularization.decay_all": "Penalize biases and normalization too; usually only weights are.",
    # training
    "optimizer.kind": "How a gradient becomes a step.",
    "optimizer.momentum": "μ in v ← μ v + g, w ← w − η v; Nesterov looks ahead by g + μ v.",
    "optimizer.beta1": "Share of the running mean of gradients that is kept: m ← β₁ m + (1 − β₁) g.",
    "optimizer.beta2": "Share of the running mean of squared gradients that is kept: v ← β₂ v + (1 − β₂) g².",
    "optimizer.alpha": "Share of the running mean of squared gradients that is kept: v ← α v + (1 − α) g².",
    "optimizer.epsilon": "Added to √v before dividing by it.",
    "schedule.kind": "The learning rate over the run, as a factor on the one set above.",
    "schedule.step_epochs": "Multiply by the factor every so many epochs.",
    "schedule.gamma": "The factor of each drop.",
    "schedule.warmup_steps": "Rise in a line from 0 over so many steps, then stay.",
    "regularization.clip_norm": "g ← g · min(1, c / ‖g‖): the longest the whole gradient may be.",
    "training.unit": "Whether the run's length is counted in epochs or in steps.",
    "training.epochs": "Passes through the training digits.",
    "training.steps": "Optimizer steps, one batch each.",
    "training.patience": (
        "Early stopping: end after so many evaluations in a row without a lower validation loss. Empty: to the end."
    ),
    "training.seed": "The split, the initial weights, the order of batches and the noise follow from it.",
    "training.device": "Auto takes a GPU where there is one.",
    # initialization
    "network.initialization.kind": "How weights start; every layer draws from a stream of its own.",
    "network.initialization.std": "Standard deviation σ of N(0, σ²).",
    "network.initialization.bound": "Weights are drawn from −bound to bound.",
    "network.initialization.value": "Every weight starts with this.",
    "network.initialization.noise": "Standard deviation of what is added to each weight: it tells units apart.",
    "network.initialization.bias": "Every bias starts with this.",
}

TAKES_EFFECT = "Takes effect at the next step."
