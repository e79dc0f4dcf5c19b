// Writes one good and, each fifth time, one bad series for some seconds; prints what it counted.
const { pushTimeseries } = require("prometheus-remote-write");

const [url, token, seconds] = [process.argv[2], process.argv[3], Number(process.argv[4])];
const options = { url, headers: { Authorization: "Bearer " + token }, fetch };

(async () => {
  let [good, refused, n] = [0, 0, 0];
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    n += 1;
    const samples = [{ value: n, timestamp: Date.now() }];
    // Labels stand as the client leaves them: not in order.
    const batch = [{ labels: { zone: "z", __name__: "npm_good", instance: "npm" }, samples }];
    if (n % 5 === 0) {
      batch.push({ labels: { __name__: "npm_bad", instance: "npm", path: "x".repeat(5000) }, samples });
    }
    const answer = await pushTimeseries(batch, options);
    const told = /^(\d+) samples were refused/.exec(answer.errorMessage || "");
    if (told) refused += Number(told[1]);
    good += 1;
    await new Promise((done) => setTimeout(done, 50));
  }
  console.log(JSON.stringify({ good, refused }));
})();
