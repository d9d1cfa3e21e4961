"""Pictures of QR codes: read by a program that is not ours, and shown to a camera that is none."""

from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
from pathlib import Path

from PIL import Image

from tools.vendor import find_npm

DECODERS = Path(__file__).with_name("decoders.mjs")
FRAME = (1280, 720)
FRAMES_PER_SECOND = 10


def qr_from_png(png: bytes) -> str:
    """The text of the one QR code in a picture, read by zbar."""
    read = subprocess.run(
        ["zbarimg", "--quiet", "--raw", "--nodbus", "-Sdisable", "-Sqrcode.enable", "-"],
        input=png,
        capture_output=True,
        check=False,
    )
    codes = read.stdout.decode().splitlines()
    assert len(codes) == 1, f"{len(codes)} codes in the picture; zbar says: {read.stderr.decode()}"
    return codes[0]


def qr_by_node(pictures: list[Image.Image]) -> list[dict[str, str | None]]:
    """What zxing-wasm (at the door) and jsQR read in grey pictures: "zxing" and "jsqr", None where no code was seen."""
    sent = [{"width": one.width, "grey": base64.b64encode(one.tobytes()).decode()} for one in pictures]
    _, environment = find_npm()
    node = shutil.which("node", path=environment["PATH"])
    assert node is not None
    read = subprocess.run([node, DECODERS], input=json.dumps(sent).encode(), capture_output=True, check=True)
    found: list[dict[str, str | None]] = json.loads(read.stdout)
    return found


def camera_video(pictures: list[bytes], target: Path, *, seconds_each: int = 3) -> Path:
    """A film for Chromium's fake camera, which shows it again and again: each picture on a grey ground."""
    frames = target.with_suffix("")
    frames.mkdir()
    number = 0
    for picture in pictures:
        frame = _on_ground(picture)
        for _ in range(seconds_each * FRAMES_PER_SECOND):
            frame.save(frames / f"{number:04d}.jpg", quality=92)
            number += 1
    film = ["ffmpeg", "-loglevel", "error", "-y", "-framerate", str(FRAMES_PER_SECOND), "-i", str(frames / "%04d.jpg")]
    subprocess.run([*film, "-c:v", "mjpeg", "-q:v", "3", target], check=True, stdin=subprocess.DEVNULL)
    return target


def _on_ground(picture: bytes) -> Image.Image:
    ground = Image.new("RGB", FRAME, (120, 120, 120))
    code = Image.open(io.BytesIO(picture)).convert("RGB")
    side = FRAME[1] * 2 // 3
    code = code.resize((side, side), Image.Resampling.NEAREST)
    ground.paste(code, ((FRAME[0] - side) // 2, (FRAME[1] - side) // 2))
    return ground
