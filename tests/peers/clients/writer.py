"""Writes one good and, each fifth time, one bad series for some seconds; prints what it counted."""
import json, sys, time
from prometheus_remote_writer import RemoteWriter

url, token, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
writer = RemoteWriter(url, headers={"Authorization": "Bearer " + token}, retries=0)
sent = refused = 0
end = time.monotonic() + seconds
n = 0
while time.monotonic() < end:
    n += 1
    now = int(time.time() * 1000)
    # Labels stand as the client leaves them: not in order.
    good = {"metric": {"zone": "z", "__name__": "python_good", "instance": "python"}, "values": [n], "timestamps": [now]}
    batch = [good]
    if n % 5 == 0:
        batch.append({"metric": {"__name__": "python_bad", "instance": "python", "path": "x" * 5000}, "values": [n], "timestamps": [now]})
    try:
        writer.send(batch)
    except Exception as error:
        refused += "1 samples were refused" in str(getattr(getattr(error, "response", None), "text", "")) or "400" in str(error)
    sent += 1
    time.sleep(0.05)
print(json.dumps({"good": sent, "refused": refused}))
