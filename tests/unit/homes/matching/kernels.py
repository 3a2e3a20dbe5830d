"""Both kernels: whatever is true of one must be true of the other. numba is always there, since the lock has it."""

from typing import cast

from property_alert_notification.homes.matching import numba_kernel, numpy_kernel
from property_alert_notification.homes.matching.kernels import Kernel

KERNELS = {"numpy": cast(Kernel, numpy_kernel), "numba": cast(Kernel, numba_kernel)}
