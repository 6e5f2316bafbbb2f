CREATE TABLE passkeeper_credentials (
    seq                        INTEGER PRIMARY KEY, -- the order in which they came
    scope                      TEXT    NOT NULL,
    credential_id              BLOB    NOT NULL,
    record_id                  BLOB    NOT NULL, -- the library's own, 16 bytes
    user_handle                BLOB    NOT NULL,
    public_key                 BLOB    NOT NULL, -- COSE_Key
    sign_count                 BIGINT  NOT NULL,
    backup_eligible            BOOLEAN,          -- NULL is unknown
    backup_state               BOOLEAN NOT NULL,
    uv_initialized             BOOLEAN,          -- NULL is unknown
    supports_user_verification BOOLEAN,          -- NULL is unknown
    name                       TEXT    NOT NULL,
    created_at                 BIGINT  NOT NULL, -- seconds since 1970
    last_used_at               BIGINT,
    details                    TEXT    NOT NULL, -- the rest of the record, JSON with its format version
    UNIQUE (scope, credential_id),
    UNIQUE (scope, record_id)
);

CREATE INDEX passkeeper_credentials_of_user ON passkeeper_credentials (scope, user_handle, seq);

CREATE TABLE passkeeper_ceremonies (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT, -- the order in which they began; never used again
    scope       TEXT    NOT NULL,
    id          BLOB    NOT NULL,
    challenge   BLOB    NOT NULL,
    user_handle BLOB,
    state       TEXT    NOT NULL,    -- JSON
    expires_at  BIGINT  NOT NULL,    -- seconds since 1970
    UNIQUE (scope, id)
);

CREATE INDEX passkeeper_ceremonies_by_challenge ON passkeeper_ceremonies (scope, challenge);
CREATE INDEX passkeeper_ceremonies_by_expiry ON passkeeper_ceremonies (scope, expires_at);
CREATE INDEX passkeeper_ceremonies_of_user ON passkeeper_ceremonies (scope, user_handle, seq);
