// Reads the cards on the first reader with npm's nfc-pcsc and prints what it finds, one JSON object a line.
// Run with NODE_PATH=var/interop/nfc-pcsc/node_modules; argument: the kind of card that will come.
'use strict';
const { NFC, KEY_TYPE_A } = require('nfc-pcsc');

const kind = process.argv[2];
const nfc = new NFC();
const tell = (what) => process.stdout.write(JSON.stringify(what) + '\n');
const fail = (error) => { tell({ error: String(error && error.message || error) }); process.exit(1); };

async function judge(reader, card) {
  const found = { uid: card.uid, standard: card.standard, atr: card.atr.toString('hex') };
  if (kind === 'classic1k') {
    await reader.authenticate(4, KEY_TYPE_A, 'ffffffffffff');
    await reader.write(4, Buffer.from('written by nfc!!'), 16);
    found.read = (await reader.read(4, 16, 16)).toString('latin1');
  } else if (kind === 'ntag') {
    await reader.write(5, Buffer.from('nfc-pcsc'));
    found.read = (await reader.read(5, 8)).toString('latin1');
  } else {
    const uid = await reader.transmit(Buffer.from([0xff, 0xca, 0, 0, 0]), 12);
    found.uid = uid.slice(0, -2).toString('hex');
    const select = [0x00, 0xa4, 0x04, 0x0c, 0x07, 0xd2, 0x76, 0, 0, 0x85, 0x01, 0x01, 0x00];
    found.selected = (await reader.transmit(Buffer.from(select), 2)).toString('hex');
    const version = await reader.transmit(Buffer.from([0x90, 0x60, 0, 0, 0]), 40);
    found.version = version.toString('hex');
  }
  tell(found);
  process.exit(0);
}

nfc.on('error', fail);
nfc.on('reader', (reader) => {
  if (!reader.name.endsWith('00 00')) return;
  reader.autoProcessing = kind === 'classic1k' || kind === 'ntag';
  reader.on('error', fail);
  reader.on('card', (card) => { judge(reader, card).catch(fail); });
  tell({ reader: reader.name });
});
