-- The tables of the original README with its indexes: no workspaces, no policies, no roles.
create table chat_sessions (
  id bigserial primary key, session_id varchar(255) unique not null,
  user_id varchar(255) not null, user_data jsonb default '{}',
  platform varchar(100) default 'unknown', status varchar(50) default 'active',
  created_at timestamptz default now(), updated_at timestamptz default now());
create index on chat_sessions (user_id);
create index on chat_sessions (created_at);

create table conversations (
  id bigserial primary key, conversation_id varchar(255) unique not null,
  session_id varchar(255) not null, user_id varchar(255) not null,
  messages jsonb default '[]', intent_analysis jsonb default '{}', metadata jsonb default '{}',
  created_at timestamptz default now(), updated_at timestamptz default now());
create index on conversations (session_id);
create index on conversations (user_id, created_at desc);
create index on conversations (created_at);

create table user_profiles (
  id bigserial primary key, user_id varchar(255) unique not null,
  name varchar(255), phone varchar(50), email varchar(255),
  preferences jsonb default '{}', interaction_stats jsonb default '{}',
  tags text[], notes text, status varchar(50) default 'active',
  created_at timestamptz default now(), updated_at timestamptz default now());

insert into user_profiles (user_id, name, phone, email, preferences, interaction_stats, tags)
select 'user_' || n, 'João Silva', '+5511999999999', 'joao' || n || '@exemplo.com.br',
       '{"language":"pt-BR","channel":"whatsapp"}',
       '{"total_conversations":5,"average_response_time":60}', array['vip', 'sp']
from generate_series(100000, 99999 + {people}) n;

insert into chat_sessions (session_id, user_id, user_data, platform)
select 'session_' || n, 'user_' || 100000 + n % {people},
       '{"name":"João Silva","phone":"+5511999999999"}', 'whatsapp'
from generate_series(10000000, 9999999 + {sessions}) n;

insert into conversations
  (conversation_id, session_id, user_id, messages, intent_analysis, metadata, created_at)
select 'conv_' || n, 'session_' || n, 'user_' || 100000 + n % {people}, {messages}::jsonb,
       '{"intent":"support","sentiment":"neutral","confidence":0.85}',
       '{"message_count":10,"duration":540,"completion_status":"completed"}',
       now() - (n % 100000 || ' seconds')::interval
from generate_series(10000000, 9999999 + {sessions}) n;
