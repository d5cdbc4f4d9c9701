import os
os.mkdir("data")
with open("data/events.jsonl", "w") as f:
    for i in range(100000):
        names = ",".join('"name_%d":"v%d"' % (i * 10 + k, k) for k in range(10))
        f.write('{"type":"track","event":"A","userId":"u%d","messageId":"%d","timestamp":"2026-01-01T00:00:00Z","properties":{%s}}\n' % (i % 100, i, names))
