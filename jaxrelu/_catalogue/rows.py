"""The rows of the catalogue, in the order in which they are listed."""

import numpy as np

from .._functions.algebraic import isrlu, smelu, squared_relu, squareplus, star_relu
from .._functions.apl import apl
from .._functions.baselines import identity, sigmoid, tanh
from .._functions.channels import crelu, maxout
from .._functions.exponential import celu, elu, selu, softplus
from .._functions.gated import bilinear, geglu, glu, reglu, swiglu
from .._functions.hard import hard_mish, hard_sigmoid, hard_silu, hard_tanh
from .._functions.learned import pelu, prelu, srelu, xielu
from .._functions.rectifiers import general_relu, leaky_relu, relu, relu6, threshold
from .._functions.rrelu import rrelu
from .._functions.smooth import gelu, mish, telu
from .._functions.surrogate import surrogate_relu
from .._functions.swish import acon_c, parametric_swish, quick_gelu, silu
from .variant import Variant

_PIECEWISE = "piecewise linear"
_HARD = "hard gates"
_ALGEBRAIC = "algebraic"
_EXPONENTIAL = "exponential"
_SMOOTH = "smooth"
_LEARNED = "learned"
_SURROGATE = "surrogate"
_CHANNELS = "channels"
_GATED = "gated"
_BASELINES = "baselines"

ROWS = (
    Variant(
        name="relu",
        function=relu,
        family=_PIECEWISE,
        formula="max(x, 0)",
        reference="Nair and Hinton 2010",
        kinks={0.0: 0.0},
        peer="relu",
    ),
    Variant(
        name="leaky_relu",
        function=leaky_relu,
        family=_PIECEWISE,
        formula="x if x >= 0 else negative_slope x",
        reference="Maas, Hannun and Ng 2013",
        kinks={0.0: 1.0},
        peer="leaky_relu",
    ),
    Variant(
        name="rrelu",
        function=rrelu,
        family=_PIECEWISE,
        formula="x if x >= 0 else a x, a uniform in [lower, upper]",
        reference="Xu et al. 2015",
        kinks={0.0: 1.0},
    ),
    Variant(
        name="relu6",
        function=relu6,
        family=_PIECEWISE,
        formula="min(max(x, 0), 6)",
        reference="Krizhevsky 2010",
        kinks={0.0: 0.0, 6.0: 0.0},
        peer="relu6",
    ),
    Variant(
        name="general_relu",
        function=general_relu,
        family=_PIECEWISE,
        formula="min((x if x > threshold else negative_slope (x - threshold)) - shift, max_value)",
        reference="Keras; fastai",
        kinks={0.0: 0.0},
    ),
    Variant(
        name="threshold",
        function=threshold,
        family=_PIECEWISE,
        formula="x if x > threshold else value",
        reference="Konda, Memisevic and Krueger 2015",
        kinks={0.0: 0.0},
    ),
    Variant(
        name="hard_tanh",
        function=hard_tanh,
        family=_HARD,
        formula="min(max(x, min_value), max_value)",
        reference="Collobert 2004",
        kinks={-1.0: 1.0, 1.0: 1.0},
        peer="hard_tanh",
    ),
    Variant(
        name="hard_sigmoid",
        function=hard_sigmoid,
        family=_HARD,
        formula="relu6(x + 3) / 6",
        reference="Courbariaux, Bengio and David 2015",
        kinks={-3.0: 0.0, 3.0: 0.0},
        peer="hard_sigmoid",
    ),
    Variant(
        name="hard_silu",
        function=hard_silu,
        family=_HARD,
        formula="x relu6(x + 3) / 6",
        reference="Howard et al. 2019",
        kinks={-3.0: 0.0, 3.0: 1.0},
        peer="hard_silu",
    ),
    Variant(
        name="hard_mish",
        function=hard_mish,
        family=_HARD,
        formula="x min(max(x + 2, 0), 2) / 2",
        reference="Wightman, timm",
        kinks={-2.0: 0.0},
    ),
    Variant(
        name="squared_relu",
        function=squared_relu,
        family=_ALGEBRAIC,
        formula="max(x, 0)^2",
        reference="So et al. 2021",
    ),
    Variant(
        name="star_relu",
        function=star_relu,
        family=_ALGEBRAIC,
        formula="scale max(x, 0)^2 + bias",
        reference="Yu et al. 2022",
    ),
    Variant(
        name="smelu",
        function=smelu,
        family=_ALGEBRAIC,
        formula="relu with its corner rounded by (x + beta)^2 / (4 beta)",
        reference="Shamir, Lin and Coviello 2020",
    ),
    Variant(
        name="squareplus",
        function=squareplus,
        family=_ALGEBRAIC,
        formula="(x + sqrt(x^2 + b)) / 2",
        reference="Barron 2021",
        peer="squareplus",
    ),
    Variant(
        name="isrlu",
        function=isrlu,
        family=_ALGEBRAIC,
        formula="x if x >= 0 else x / sqrt(1 + alpha x^2)",
        reference="Carlile et al. 2017",
    ),
    Variant(
        name="elu",
        function=elu,
        family=_EXPONENTIAL,
        formula="x if x > 0 else alpha (exp(x) - 1)",
        reference="Clevert, Unterthiner and Hochreiter 2016",
        peer="elu",
    ),
    Variant(
        name="celu",
        function=celu,
        family=_EXPONENTIAL,
        formula="x if x > 0 else alpha (exp(x / alpha) - 1)",
        reference="Barron 2017",
        peer="celu",
    ),
    Variant(
        name="selu",
        function=selu,
        family=_EXPONENTIAL,
        formula="1.0507 (x if x > 0 else 1.6733 (exp(x) - 1))",
        reference="Klambauer et al. 2017",
        kinks={0.0: 1.7580993408473766},
        peer="selu",
    ),
    Variant(
        name="softplus",
        function=softplus,
        family=_EXPONENTIAL,
        formula="log(1 + exp(x))",
        reference="Dugas et al. 2000",
        peer="softplus",
    ),
    Variant(
        name="gelu",
        function=gelu,
        family=_SMOOTH,
        formula="x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2",
        reference="Hendrycks and Gimpel 2016",
        peer="gelu",
    ),
    Variant(
        name="gelu_exact",
        function=gelu,
        family=_SMOOTH,
        formula="x (1 + erf(x / sqrt(2))) / 2",
        reference="Hendrycks and Gimpel 2016",
        arguments={"approximate": False},
        peer="gelu",
    ),
    Variant(
        name="quick_gelu",
        function=quick_gelu,
        family=_SMOOTH,
        formula="x logistic(1.702 x)",
        reference="Hendrycks and Gimpel 2016",
    ),
    Variant(
        name="silu",
        function=silu,
        family=_SMOOTH,
        formula="x logistic(x)",
        reference="Elfwing, Uchibe and Doya 2017",
        peer="silu",
    ),
    Variant(
        name="mish",
        function=mish,
        family=_SMOOTH,
        formula="x tanh(log(1 + exp(x)))",
        reference="Misra 2019",
        peer="mish",
    ),
    Variant(
        name="telu",
        function=telu,
        family=_SMOOTH,
        formula="x tanh(exp(x))",
        reference="Fernandez and Mali 2024",
    ),
    Variant(
        name="prelu",
        function=prelu,
        family=_LEARNED,
        formula="x if x >= 0 else negative_slope x",
        reference="He et al. 2015",
        kinks={0.0: 1.0},
        example={"negative_slope": 0.25},
    ),
    Variant(
        name="srelu",
        function=srelu,
        family=_LEARNED,
        formula="x between two thresholds, lines of their own slopes outside",
        reference="Jin et al. 2016",
        kinks={-1.0: 0.25, 2.0: 0.5},
        example={
            "left_threshold": -1.0,
            "left_slope": 0.25,
            "right_threshold": 2.0,
            "right_slope": 0.5,
        },
    ),
    Variant(
        name="apl",
        function=apl,
        family=_LEARNED,
        formula="max(x, 0) + sum of slopes max(offsets - x, 0)",
        reference="Agostinelli et al. 2015",
        kinks={0.0: -0.25, 0.5: 1.0, -1.0: -0.25},
        example={"slopes": np.array([0.25, -0.5], "float32"), "offsets": np.array([0.5, -1.0], "float32")},
    ),
    Variant(
        name="pelu",
        function=pelu,
        family=_LEARNED,
        formula="(alpha / beta) x if x >= 0 else alpha (exp(x / beta) - 1)",
        reference="Trottier, Giguere and Chaib-draa 2017",
    ),
    Variant(
        name="xielu",
        function=xielu,
        family=_LEARNED,
        formula="alpha_p x^2 + beta x if x > 0 else alpha_n (exp(x) - 1 - x) + beta x",
        reference="Huang and Schlag 2024",
    ),
    Variant(
        name="acon_c",
        function=acon_c,
        family=_LEARNED,
        formula="(p1 - p2) x logistic(beta (p1 - p2) x) + p2 x",
        reference="Ma et al. 2021",
    ),
    Variant(
        name="parametric_swish",
        function=parametric_swish,
        family=_LEARNED,
        formula="x logistic(beta x)",
        reference="Ramachandran, Zoph and Le 2017",
    ),
    Variant(
        name="surrogate_relu",
        function=surrogate_relu,
        family=_SURROGATE,
        formula="max(x, 0), with the slope of B-SiLU",
        reference="Horuz et al. 2025",
    ),
    Variant(
        name="crelu",
        function=crelu,
        family=_CHANNELS,
        formula="[max(x, 0), max(-x, 0)]",
        reference="Shang et al. 2016",
        kinks={0.0: 0.0},
    ),
    Variant(
        name="maxout",
        function=maxout,
        family=_CHANNELS,
        formula="the largest of num_pieces neighbouring channels",
        reference="Goodfellow et al. 2013",
        example={"num_pieces": 2},
    ),
    Variant(
        name="glu",
        function=glu,
        family=_GATED,
        formula="v logistic(g), x = [v, g]",
        reference="Dauphin et al. 2017",
        peer="glu",
    ),
    Variant(
        name="reglu",
        function=reglu,
        family=_GATED,
        formula="max(gate, 0) value",
        reference="Shazeer 2020",
        partners=("value",),
        kinks={0.0: 0.0},
    ),
    Variant(
        name="geglu",
        function=geglu,
        family=_GATED,
        formula="gelu(gate) value",
        reference="Shazeer 2020",
        partners=("value",),
    ),
    Variant(
        name="swiglu",
        function=swiglu,
        family=_GATED,
        formula="silu(gate) value",
        reference="Shazeer 2020",
        partners=("value",),
    ),
    Variant(
        name="bilinear",
        function=bilinear,
        family=_GATED,
        formula="gate value",
        reference="Dauphin et al. 2017",
        partners=("value",),
    ),
    Variant(
        name="identity",
        function=identity,
        family=_BASELINES,
        formula="x itself",
        reference="He et al. 2016",
        peer="identity",
    ),
    Variant(
        name="sigmoid",
        function=sigmoid,
        family=_BASELINES,
        formula="1 / (1 + exp(-x))",
        reference="Rumelhart, Hinton and Williams 1986",
        peer="sigmoid",
    ),
    Variant(
        name="tanh",
        function=tanh,
        family=_BASELINES,
        formula="tanh(x)",
        reference="LeCun et al. 1998",
        peer="tanh",
    ),
)
