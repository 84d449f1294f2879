"""Hypothesis strategies: any layer, any list of layers, networks that work, whole experiments."""

from types import NoneType
from typing import Annotated, Any, TypeVar, get_args

from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from playground.experiment import (
    AnyLayer,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Data,
    Dropout,
    Experiment,
    Flatten,
    Layer,
    LeakyReLU,
    Linear,
    LocallyConnected2d,
    Loss,
    MaxPool2d,
    Network,
    PermutePixels,
    ReLU,
    Sigmoid,
    Spec,
)
from playground.network.shapes import trace

S = TypeVar("S", bound=Spec)


def specs(kind: type[S], **given: st.SearchStrategy[Any]) -> st.SearchStrategy[S]:
    """Any value of a spec, from the bounds its fields declare; `given` stands in for some of the fields."""
    fields = {name: given[name] if name in given else values(field) for name, field in kind.model_fields.items()}
    return st.builds(kind, **fields)


def values(field: FieldInfo) -> st.SearchStrategy[Any]:
    """Any value within the bounds of a field."""
    kind: Any = field.annotation
    if isinstance(kind, type) and issubclass(kind, Spec):
        return specs(kind)
    options = [option for option in get_args(kind) if option is not NoneType]
    optional = len(options) < len(get_args(kind))
    bare = options[0] if optional else kind
    bounded: Any = Annotated[bare, *field.metadata] if field.metadata else bare
    return st.none() | st.from_type(bounded) if optional else st.from_type(bounded)


layers: st.SearchStrategy[Layer] = st.one_of([specs(kind) for kind in get_args(AnyLayer)])
stacks = st.lists(layers, max_size=12).map(tuple)

activations = st.sampled_from([ReLU(), ReLU(), LeakyReLU(), Sigmoid()])
kernels = st.integers(1, 3)
map_layers = st.one_of(
    st.builds(Conv2d, channels=st.integers(1, 4), kernel=kernels, stride=st.integers(1, 2), padding=st.integers(0, 2)),
    st.builds(
        LocallyConnected2d,
        channels=st.integers(1, 3),
        kernel=kernels,
        stride=st.integers(1, 2),
        padding=st.integers(0, 1),
    ),
    st.builds(MaxPool2d, kernel=kernels, stride=kernels),
    st.builds(AvgPool2d, kernel=kernels, stride=kernels),
    st.sampled_from([BatchNorm2d(), Dropout(), Dropout(p=0.5), PermutePixels()]),
    activations,
)
flat_layers = st.builds(Linear, units=st.integers(1, 8)) | st.sampled_from([BatchNorm1d(), Dropout()]) | activations
networks = st.builds(
    lambda maps, flats: Network(layers=(*maps, Flatten(), *flats)),
    st.lists(map_layers, max_size=5),
    st.lists(flat_layers, max_size=4),
).filter(lambda network: trace(network).problem is None)

shares = st.integers(1, 97).flatmap(
    lambda train: st.integers(1, 99 - train).map(lambda rest: (train, rest, 100 - train - rest))
)
data = shares.flatmap(
    lambda parts: specs(
        Data,
        fold=st.just(1),  # of any number of folds
        train_share=st.just(parts[0]),
        validation_share=st.just(parts[1]),
        test_share=st.just(parts[2]),
    )
)
class_weights = st.none() | st.lists(st.floats(0.1, 100), min_size=10, max_size=10).map(tuple)
experiments = specs(
    Experiment, data=data, network=specs(Network, layers=stacks), loss=specs(Loss, class_weights=class_weights)
)
