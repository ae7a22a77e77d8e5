"""Who may call: master, host and function keys, and the stores that keep them."""

from function_host.keys.blob import BlobKeyStore
from function_host.keys.contract import KeyStore
from function_host.keys.files import FileKeyStore
from function_host.keys.memory import MemoryKeyStore
from function_host.keys.mounted import MountedKeyStore
from function_host.keys.preparing import prepare_keys
from function_host.keys.ring import KeyRing
from function_host.keys.selection import choose_key_store

__all__ = [
    "BlobKeyStore",
    "FileKeyStore",
    "KeyRing",
    "KeyStore",
    "MemoryKeyStore",
    "MountedKeyStore",
    "choose_key_store",
    "prepare_keys",
]
