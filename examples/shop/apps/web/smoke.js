// Exits 0 if the shop at $URL shows its goods.
const response = await fetch(process.env.URL ?? "http://localhost:3000/");
if (!response.ok || !(await response.text()).includes("Shop")) process.exit(1);
