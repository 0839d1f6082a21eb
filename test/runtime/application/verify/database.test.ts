import { DATABASE_SCENARIOS } from './database-scenarios';
import { testScenarios } from './scenario';

testScenarios(DATABASE_SCENARIOS);
