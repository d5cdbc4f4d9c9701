import os
os.mkdir("data")
head = '{"type":"track","event":"A","userId":"u","messageId":"%s","timestamp":"2026-01-01T00:00:00Z",'
with open("data/events.jsonl", "w") as f:
    f.write(head % "ids" + '"context":{"externalIds":[' + ",".join('{"id":"%d","type":"crm"}' % i for i in range(200000)) + "]}}\n")
    f.write(head % "repeated" + '"properties":{' + ",".join('"x%d":1' % (i % 200000) for i in range(400000)) + "}}\n")
    f.write(head % "deep" + '"properties":' + '{"a":' * 1000000 + "1" + "}" * 1000000 + "}\n")
    f.write(head % "name" + '"properties":{"' + "n" * 5000 + '":1}}\n')
    f.write(head % "event" + '"properties":{"ok":true}}\n')
