// Rings up a sale at a till with npm's @adyen/api-library, as a register does at a payment terminal of that maker.
// Run with NODE_PATH=var/interop/adyen/node_modules; arguments: the till's address without port, and its token.
'use strict';
const { Client, EnvironmentEnum } = require('@adyen/api-library');
const TerminalLocalAPIUnencrypted = require('@adyen/api-library/lib/src/services/terminalLocalAPIUnencrypted').default;

const [, , endpoint, token] = process.argv;
const client = new Client({ apiKey: token, environment: EnvironmentEnum.TEST, terminalApiLocalEndpoint: endpoint });
const api = new TerminalLocalAPIUnencrypted(client);

const header = (category, service) => ({
  ProtocolVersion: '3.1', MessageClass: 'Service', MessageCategory: category, MessageType: 'Request',
  ServiceID: service, SaleID: 'register-1', POIID: 'till-1',
});
const sale = { OperatorID: '17', SaleTransactionID: { TransactionID: '4711', TimeStamp: '2026-11-20T10:15:00+01:00' } };
const item = { ItemID: 1, ProductCode: '4001', Quantity: 2, UnitPrice: 4.5, ItemAmount: 9, SaleChannel: 'Retail' };
const card = { LoyaltyAccountID: {
  EntryMode: ['Contactless'], IdentificationType: 'AccountNumber', IdentificationSupport: 'LoyaltyCard',
  LoyaltyID: 'iso14443a:04A1B2C3D4E5F6' } };
const loyalty = (kind, service, total) => ({ SaleToPOIRequest: {
  MessageHeader: header('Loyalty', service),
  LoyaltyRequest: {
    SaleData: sale,
    LoyaltyTransaction: { LoyaltyTransactionType: kind, Currency: 'EUR', TotalAmount: total, SaleItem: [item] },
    LoyaltyData: [card] } } });

async function main() {
  const quote = (await api.request(loyalty('Rebate', 'A1', 9))).SaleToPOIResponse.LoyaltyResponse;
  const commit = (await api.request(loyalty('Award', 'A2', 8.1))).SaleToPOIResponse.LoyaltyResponse;
  const status = (await api.request({ SaleToPOIRequest: {
    MessageHeader: header('TransactionStatus', 'A3'),
    TransactionStatusRequest: { MessageReference: { MessageCategory: 'Loyalty', ServiceID: 'A2', SaleID: 'register-1' } },
  } })).SaleToPOIResponse.TransactionStatusResponse;
  const abort = await api.request({ SaleToPOIRequest: {
    MessageHeader: header('Abort', 'A4'),
    AbortRequest: { AbortReason: 'customer left', MessageReference: { MessageCategory: 'Loyalty', ServiceID: 'A1' } } } });
  process.stdout.write(JSON.stringify({
    quoted: quote.Response.Result,
    rebate: quote.LoyaltyResult[0].Rebates.TotalRebate,
    balance: quote.LoyaltyResult[0].CurrentBalance,
    committed: commit.Response.Result,
    receipt: commit.POIData.POITransactionID.TransactionID,
    repeated: status.RepeatedMessageResponse.RepeatedResponseMessageBody.LoyaltyResponse.Response.Result,
    aborted: abort.SaleToPOIResponse ? 'answered' : 'nothing to answer',
  }) + '\n');
}

main().catch((error) => { process.stderr.write(String(error && error.stack || error) + '\n'); process.exit(1); });
