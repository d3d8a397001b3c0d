-- Up Migration

-- Beside forwarded_ahead: records of the retry topic that went to the dead letters ahead of next_offset. They
-- are counted when next_offset passes them, so both have to be known until then.
alter table ledger
  add column dead_lettered_ahead int8multirange not null default '{}',
  add constraint ledger_ahead_once check (not forwarded_ahead && dead_lettered_ahead);
