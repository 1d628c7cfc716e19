"""Long short-term memory of several networks side by side, on JAX.

Only the recurrence itself runs step by step. Its gradient is written out, so that the weights' is one product over all
steps in the place of a sum that grows in every one.
"""

from typing import Any

import jax
import jax.numpy as jnp

State = tuple[Any, Any]


@jax.custom_vjp  # type: ignore[untyped-decorator]
def lstm(gates: Any, recurrent: Any, first: State) -> tuple[Any, State]:
    """What inputs and bias give the gates → states (time, nets, batch, units), and the last state and cell.

    `gates` (time, nets, batch, 4 units): input, forget, cell, output. `recurrent` (nets, units, 4 units). `first`: state
    and cell to begin with, both (nets, batch, units), which get no gradient; nor does the last of them give any.
    """
    return _forward(gates, recurrent, first)[0]


def nothing(nets: int, batch: int, units: int, kind: Any) -> State:
    """The state and cell that a text begins with."""
    return jnp.zeros((nets, batch, units), kind), jnp.zeros((nets, batch, units), jnp.float32)


def _forward(gates: Any, recurrent: Any, first: State) -> tuple[tuple[Any, State], Any]:
    def step(carry: State, gates: Any) -> tuple[State, Any]:
        state, cell = carry
        product = jnp.einsum("nbh,nhg->nbg", state, recurrent, preferred_element_type=jnp.float32)
        entry, forget, new, output = jnp.split(gates.astype(jnp.float32) + product, 4, axis=-1)
        entry, forget, output = (jax.nn.sigmoid(gate) for gate in (entry, forget, output))
        new = jnp.tanh(new)
        cell = forget * cell + entry * new
        state = (output * jnp.tanh(cell)).astype(gates.dtype)
        kept = jnp.concatenate([entry, forget, new, output], axis=-1).astype(gates.dtype)
        return (state, cell), (state, cell.astype(gates.dtype), kept)

    last, (states, cells, kept) = jax.lax.scan(step, first, gates)
    return (states, last), (states, cells, kept, recurrent, first)


def _backward(saved: Any, slopes: Any) -> tuple[Any, Any, State]:
    states, cells, kept, recurrent, (first_state, first_cell) = saved
    cells_before = jnp.concatenate([first_cell.astype(cells.dtype)[None], cells[:-1]])

    def step(carry: State, values: Any) -> tuple[State, Any]:
        (slope, cell_slope), (given, kept, cell, before) = carry, values
        entry, forget, new, output = (gate.astype(jnp.float32) for gate in jnp.split(kept, 4, axis=-1))
        squashed = jnp.tanh(cell.astype(jnp.float32))
        slope = slope + given.astype(jnp.float32)
        cell_slope = cell_slope + slope * output * (1 - squashed**2)
        gates = [
            cell_slope * new * entry * (1 - entry),
            cell_slope * before.astype(jnp.float32) * forget * (1 - forget),
            cell_slope * entry * (1 - new**2),
            slope * squashed * output * (1 - output),
        ]
        found = jnp.concatenate(gates, axis=-1).astype(kept.dtype)
        slope = jnp.einsum("nbg,nhg->nbh", found, recurrent, preferred_element_type=jnp.float32)
        return (slope, cell_slope * forget), found

    none = jnp.zeros(first_cell.shape, jnp.float32)
    _, gates = jax.lax.scan(step, (none, none), (slopes[0], kept, cells, cells_before), reverse=True)
    states_before = jnp.concatenate([first_state[None], states[:-1]])
    weights = jnp.einsum("tnbh,tnbg->nhg", states_before, gates, preferred_element_type=jnp.float32)
    return gates, weights.astype(recurrent.dtype), (jnp.zeros_like(first_state), jnp.zeros_like(first_cell))


lstm.defvjp(_forward, _backward)
