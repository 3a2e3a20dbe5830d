"""A child that takes messages from RabbitMQ and acknowledges each: the least that anything behind a queue has to do."""

import argparse
import asyncio
import time

from aio_pika import Message, connect
from aio_pika.abc import AbstractIncomingMessage

from benchmarks.children import say
from property_alert_notification.base.process import new_event_loop

PREFETCH = 200
AT_ONCE = 500


async def consume(url: str, messages: int) -> None:
    """Publish so many, then take them all, and say how long the taking took."""
    connection = await connect(url)
    async with connection:
        channel = await connection.channel(publisher_confirms=True)
        await channel.set_qos(prefetch_count=PREFETCH)
        queue = await channel.declare_queue(exclusive=True)
        for begin in range(0, messages, AT_ONCE):
            await asyncio.gather(
                *(
                    channel.default_exchange.publish(Message(b"%d" % number), queue.name)
                    for number in range(begin, min(begin + AT_ONCE, messages))
                )
            )
        left, over = messages, asyncio.Event()

        async def take(message: AbstractIncomingMessage) -> None:
            nonlocal left
            await message.ack()
            left -= 1
            if not left:
                over.set()

        began = time.monotonic()
        await queue.consume(take)
        await over.wait()
        say(messages=messages, seconds=time.monotonic() - began)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("messages", type=int)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(consume(**vars(parser.parse_args())))
