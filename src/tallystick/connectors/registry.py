"""The rack of processors: an explicit list, because what can move money is not discovered, it is declared."""

from __future__ import annotations

from tallystick.base import ProcessorSettings, Refused
from tallystick.connectors.contract import Caller, Connector, Plug
from tallystick.connectors.model import ConnectorRefusal
from tallystick.connectors.psps import sandbox

PLUGS: tuple[Plug, ...] = (sandbox.PLUG,)


def build(name: str, options: ProcessorSettings, transport: Caller) -> Connector:
    """The connector `name`, made by the plug its settings name.

    Raises Refused(UNKNOWN_PLUG) when no plug has that name.
    """
    for plug in PLUGS:
        if plug.kind == options.plug:
            return plug.build(name, options, transport)
    known = ", ".join(plug.kind for plug in PLUGS)
    raise Refused(
        ConnectorRefusal.UNKNOWN_PLUG, f"No plug is called {options.plug!r}; there are: {known}.", param="plug"
    )
