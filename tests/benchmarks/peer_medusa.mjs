// Prices baskets with Medusa's own promotion code, without its database: node peer_medusa.mjs FOLDER < job.json
//
// FOLDER holds node_modules with @medusajs/promotion. The job: {sets: {size: [promotion]}, baskets: [{context, live}],
// seconds, in_a_row}. Each basket is priced `in_a_row` times, the fastest counts. `live` names per size the promotions whose dates and hours hold; Medusa's database query would find those.
// The answer: {version, sizes: {size: {us: [...], saved: [...]}}}; CPU µs and cents saved per basket.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";

const need = createRequire(path.join(path.resolve(process.argv[2]), "package.json"));
const service = need("@medusajs/promotion/dist/services/promotion-module.js").default;
const { version } = JSON.parse(
  readFileSync(path.join(process.argv[2], "node_modules/@medusajs/promotion/package.json"), "utf8"),
);
const job = JSON.parse(readFileSync(0, "utf8"));

// The stored promotions are handed over instead of being read from PostgreSQL.
let stored = [];
const module = Object.create(service.prototype);
module.baseRepository_ = { getFreshManager: () => ({}), transaction: (task) => task({}), serialize: (data) => data };
module.__hooks = {};
module.listActivePromotions_ = async () => stored;
module.campaignBudgetUsageService_ = { list: async () => [] };

const answer = { version, sizes: {} };
for (const [size, promotions] of Object.entries(job.sets)) {
  const us = [];
  const saved = [];
  let spent = 0;
  for (const basket of job.baskets) {
    const live = new Set(basket.live[size]);
    stored = promotions.filter((promotion) => live.has(promotion.code));
    let actions = [];
    let fastest = Infinity;
    for (let turn = 0; turn < job.in_a_row; turn += 1) {
      const start = process.cpuUsage();
      actions = await module.computeActions([], basket.context, { prevent_auto_promotions: true });
      const used = process.cpuUsage(start);
      fastest = Math.min(fastest, used.user + used.system);
      spent += used.user + used.system;
    }
    us.push(fastest);
    saved.push(actions.reduce((sum, action) => sum + Number(action.amount ?? 0), 0));
    if (spent > job.seconds * 1e6) break;
  }
  answer.sizes[size] = { us, saved };
}
process.stdout.write(JSON.stringify(answer));
