line = b'{"type":"track","event":"A","userId":"u","messageId":"%d","timestamp":"2026-01-01T00:00:00Z"}\n'
out.write(line % 1)
block = b"x" * (1 << 22)
for _ in range(1024):
    out.write(block)
out.write(b"\n" + line % 2)
