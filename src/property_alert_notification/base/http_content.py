"""Collects the content of an HTTP answer, decompressed, as far as it is wanted. Pure.

No answer is asked for in compressed form, but some servers compress whatever they are asked for.

Source: RFC 9110, 8.4.1 (content codings); RFC 1950 and RFC 1952.
"""

import zlib

_CODINGS = frozenset({"gzip", "x-gzip", "deflate"})


class Content:
    """The content of one answer."""

    def __init__(self, coding: str | None, largest: int) -> None:
        """Nothing has come yet.

        Args:
            coding: the header Content-Encoding. One that is not known is left as it is.
            largest: bytes that are wanted, after they were decompressed.
        """
        self._largest = largest
        self._body = bytearray()
        is_compressed = coding is not None and coding.strip().lower() in _CODINGS
        self._decompress = zlib.decompressobj(zlib.MAX_WBITS | 32) if is_compressed else None
        """It finds by itself whether what follows is gzip or zlib."""

    @property
    def body(self) -> bytes:
        """What came, at most as many bytes as are wanted."""
        return bytes(self._body[: self._largest])

    @property
    def has_ended(self) -> bool:
        """Whether nothing is missing, once all chunks were added. What never was compressed cannot tell."""
        return self._decompress is None or self._decompress.eof

    def add(self, chunk: bytes) -> bool:
        """Add what came next; returns whether more than is wanted has come.

        Raises:
            zlib.error: it is not compressed as the header says.
        """
        if self._decompress is None:
            self._body += chunk
        else:
            # Few bytes can become very many: one byte too many tells enough.
            self._body += self._decompress.decompress(chunk, self._largest + 1 - len(self._body))
        return len(self._body) > self._largest
