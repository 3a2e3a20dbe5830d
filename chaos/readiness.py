"""What an API says about itself."""

import httpx2


async def readiness(url: str) -> str:
    """Its status: `ready`, `degraded` or `down`."""
    async with httpx2.AsyncClient(trust_env=False, timeout=5) as client:
        return str((await client.get(f"{url}/health/ready")).json()["status"])


async def is_alive(url: str) -> bool:
    """Whether it answers."""
    async with httpx2.AsyncClient(trust_env=False, timeout=5) as client:
        return (await client.get(f"{url}/health/live")).is_success
