PRAGMA application_id = 1952801138;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE addresses (link INTEGER NOT NULL, url TEXT NOT NULL, PRIMARY KEY (link, url)) WITHOUT ROWID;
CREATE TABLE hosts (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    free_at INTEGER NOT NULL DEFAULT 0,
    backoff_until INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    circuit TEXT NOT NULL DEFAULT 'closed',
    delay REAL NOT NULL DEFAULT 0,
    flying INTEGER NOT NULL DEFAULT 0,
    wakes INTEGER DEFAULT 0,
    first_new INTEGER,
    first_kept INTEGER
);
INSERT INTO "hosts" VALUES(1,'news.test',1772366400000,0,0,'closed',0.0,0,0,1772366400000,NULL);
CREATE TABLE identities (identity TEXT PRIMARY KEY, link INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "identities" VALUES('https://news.test/story',1);
INSERT INTO "identities" VALUES('https://news.test/never',2);
CREATE TABLE leases (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    link INTEGER,
    host INTEGER NOT NULL,
    until INTEGER NOT NULL
);
CREATE TABLE links (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL,
    host INTEGER NOT NULL,
    source TEXT NOT NULL,
    via TEXT,
    due INTEGER,
    kept INTEGER NOT NULL DEFAULT 0,
    lease INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    verdict TEXT,
    reason TEXT,
    added INTEGER NOT NULL,
    asked INTEGER,
    first_kept INTEGER
);
INSERT INTO "links" VALUES(1,'https://news.test/story',1,'feed',NULL,NULL,1,NULL,0,'article','an article',1772366400000,1772366400000,1772366400000);
INSERT INTO "links" VALUES(2,'https://news.test/never',1,'feed',NULL,1772366400000,0,NULL,0,NULL,NULL,1772366400000,NULL,NULL);
CREATE INDEX links_open ON links (host, kept, due) WHERE lease IS NULL AND due IS NOT NULL;
CREATE INDEX links_failed ON links (host) WHERE failures > 0;
CREATE INDEX identities_link ON identities (link);
CREATE INDEX hosts_new ON hosts (first_new) WHERE wakes = 0;
CREATE INDEX hosts_kept ON hosts (first_kept) WHERE wakes = 0;
CREATE INDEX hosts_wakes ON hosts (wakes) WHERE wakes > 0;
COMMIT;
