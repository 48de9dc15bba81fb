create table "orders" (
    "id" serial primary key,
    "email" text not null,
    "total" integer not null,
    "created" timestamp(3) not null default current_timestamp
);
