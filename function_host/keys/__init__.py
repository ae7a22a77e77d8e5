"""Who may call: master, host and function keys, and the stores that keep them."""

from function_host.keys.contract import KeyStore
from function_host.keys.files import FileKeyStore
from function_host.keys.memory import MemoryKeyStore
from function_host.keys.ring import KeyRing

__all__ = ["FileKeyStore", "KeyRing", "KeyStore", "MemoryKeyStore"]
